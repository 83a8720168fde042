/** Somebody in the stand-in for Teams. */
export interface TeamsPerson {
  /** The Entra object id. */
  readonly aad: string;
  readonly name: string;
  /** As the roster tells it: `user` or `guest`. */
  readonly userRole?: string;
  readonly userPrincipalName?: string;
  readonly tenantId?: string;
  /** Whether the app is there for them alone; otherwise Teams refuses a chat with them. */
  readonly hasApp?: boolean;
}

export interface TeamsSeed {
  readonly tenant: string;
  readonly bot: { readonly id: string; readonly name: string };
  readonly people: readonly TeamsPerson[];
  /** One team, whose id is that of its first channel. */
  readonly channels: readonly { readonly id: string; readonly name: string | null }[];
}

const aad = (nth: number) => `8d3c1e8a-5f0e-4b61-9c3e-00000000000${nth}`;
const channel = (name: string) => `19:${name}@thread.tacv2`;

export const T_ALICE = aad(1);
export const T_BOB = aad(2);
export const T_CAROL = aad(3);
export const T_GINA = aad(4);
export const T_MALLORY = aad(5);
export const T_ERIN = aad(6);
export const T_GENERAL = channel("general");
export const T_APPROVALS = channel("approvals");
export const T_INCIDENTS = channel("incidents");
export const T_SECURITY = channel("security");
export const T_INC_42 = channel("inc42");
export const TENANT = "11112222-3333-4444-5555-666677778888";
export const APP_ID = "aaaa1111-bb22-cc33-dd44-eeeeffff0000";

/** The team that whole-bot tests play in. Gina is a guest, Erin has no app of her own; Mallory is a member whom the policy doesn't know. */
export const ACME_TEAM: TeamsSeed = {
  tenant: TENANT,
  bot: { id: `28:${APP_ID}`, name: "Breakglass" },
  people: [
    { aad: T_ALICE, name: "Alice Ng" },
    { aad: T_BOB, name: "Bob Ortiz" },
    { aad: T_CAROL, name: "Carol Diaz" },
    { aad: T_GINA, name: "Gina Guest", userRole: "guest", userPrincipalName: "gina_partner.test#EXT#@acme.test" },
    { aad: T_MALLORY, name: "Mallory" },
    { aad: T_ERIN, name: "Erin Roe", hasApp: false },
  ],
  channels: [
    { id: T_GENERAL, name: null },
    { id: T_APPROVALS, name: "approvals" },
    { id: T_INCIDENTS, name: "incidents" },
    { id: T_SECURITY, name: "security" },
    { id: T_INC_42, name: "inc-42-orders-down" },
  ],
};
