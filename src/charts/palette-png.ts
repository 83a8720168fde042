import { promisify } from "node:util";
import { deflate } from "node:zlib";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLOURS_MAX = 256;
/** PNG's number for pixels that are numbers of colours. */
const BY_PALETTE = 3;

/**
 * Pixels as PNG with a palette. A chart has a handful of colours and their edges: so it takes a third of the bytes, of which chat
 * platforms take only so many.
 *
 * @param pixels - RGBA, a byte each
 */
export async function palettePng(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const { colours, numbers } = withPalette(pixels);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(numbers.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, BY_PALETTE], 8);
  const opaque = Buffer.from(colours.flatMap((colour) => [colour >>> 24, (colour >>> 16) & 255, (colour >>> 8) & 255]));
  const alphas = Buffer.from(colours.map((colour) => colour & 255));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", opaque),
    chunk("tRNS", alphas),
    chunk("IDAT", await promisify(deflate)(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Each pixel as the number of its colour; where there are too many, those that are nearly the same are taken for one. */
function withPalette(pixels: Uint8Array): { colours: number[]; numbers: Uint8Array } {
  const exact = exactly(pixels);
  for (let lost = 0; ; lost += 1) {
    const near = exact.colours.map((colour) => nearly(colour, lost));
    const colours = [...new Set(near)];
    if (colours.length > COLOURS_MAX) continue;
    const numberOf = near.map((colour) => colours.indexOf(colour));
    const numbers = new Uint8Array(exact.numbers.length);
    for (let at = 0; at < numbers.length; at++) numbers[at] = numberOf[exact.numbers[at] ?? 0] ?? 0;
    return { colours, numbers };
  }
}

function exactly(pixels: Uint8Array): { colours: number[]; numbers: Uint16Array } {
  const view = new DataView(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const known = new Map<number, number>();
  const colours: number[] = [];
  const numbers = new Uint16Array(pixels.length / 4);
  let [last, number] = [-1, 0];
  for (let at = 0; at < numbers.length; at++) {
    const colour = view.getUint32(at * 4);
    // Most pixels are what the one before them is.
    if (colour !== last) {
      number = known.get(colour) ?? colours.push(colour) - 1;
      known.set(colour, number);
      last = colour;
    }
    numbers[at] = number;
  }
  return { colours, numbers };
}

/** @param lost - how many bits of each part are rounded away */
function nearly(colour: number, lost: number): number {
  const parts = [24, 16, 8, 0].map((by) => (colour >>> by) & 255);
  const near = parts.map((part) => Math.min(255, Math.round(part / 2 ** lost) * 2 ** lost));
  return near.reduce((sum, part) => sum * 256 + part, 0);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc(body), body.length + 4);
  return framed;
}

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
