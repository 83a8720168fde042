import { SlackRefusal } from "../slack-refusal.ts";
import type { Ids } from "./ids.ts";

/** A file as a message names it. */
export type SharedFile = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly size: number;
  /** What a picture shows, for whoever can't see it. */
  readonly alt_txt?: string;
};

type Upload = Omit<SharedFile, "title"> & { bytes?: Buffer; shared: boolean };

/** Files that the bot uploads: reserved, sent, and shared, in this order and each once. */
export class Files {
  readonly #byTicket = new Map<string, Upload>();
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** Reserves one. @returns its id, and the ticket of the address that its bytes are sent to */
  reserve(name: string, size: number, alt?: string): { id: string; ticket: string } {
    const [id, ticket] = [this.#ids.next("F"), this.#ids.secret()];
    this.#byTicket.set(ticket, { id, name, size, ...(alt !== undefined && { alt_txt: alt }), shared: false });
    return { id, ticket };
  }

  /** Takes a file's bytes. @returns what is wrong with them, if anything is */
  send(ticket: string, bytes: Buffer): string | undefined {
    const upload = this.#byTicket.get(ticket);
    if (upload === undefined) return "no such upload";
    if (bytes.length !== upload.size) return `${upload.size} bytes were announced, and ${bytes.length} came`;
    upload.bytes = bytes;
    return undefined;
  }

  /**
   * A file that was sent is shared; that can be done once.
   *
   * @throws SlackRefusal `file_not_found`
   */
  share(id: string, title: string | undefined): SharedFile {
    const upload = this.#find(id);
    if (upload?.bytes === undefined || upload.shared) throw new SlackRefusal("file_not_found");
    upload.shared = true;
    const { name, size, alt_txt } = upload;
    return { id, name, title: title ?? name, size, ...(alt_txt !== undefined && { alt_txt }) };
  }

  /** What a file holds, once it was shared. */
  read(id: string): Buffer | undefined {
    const upload = this.#find(id);
    return upload?.shared === true ? upload.bytes : undefined;
  }

  #find(id: string): Upload | undefined {
    return [...this.#byTicket.values()].find((one) => one.id === id);
  }
}
