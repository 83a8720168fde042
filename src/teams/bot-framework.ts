import { within } from "../app/within.ts";
import type { TeamsConfig } from "../config.ts";
import { CodedError } from "../errors.ts";

/**
 * All that is used of Microsoft's SDK: who may call us, and how we show who we are. The SDK is at its end; what takes its place
 * fits behind this. Its `CloudAdapter` is not used: it answers a wrong token with 500, prints stacks, and holds the call open
 * for as long as the work takes.
 */
export interface BotFramework {
  /**
   * Checks the token of a call against what was sent: audience, issuer, signature, time, service address.
   *
   * @param authorization - the call's header, empty if it has none
   * @param activity - the body
   * @throws `SIGNATURE_INVALID`
   */
  check(authorization: string, activity: Caller): Promise<void>;
  /** The token for our own calls to Teams; undefined where none is asked for. @throws `CHAT_FAILED` */
  token(): Promise<string | undefined>;
}

/** What a token is held against. */
export interface Caller {
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** Another cloud than Microsoft's own, by Bot Framework's names; and the token for calls to it. */
export interface OtherCloud {
  readonly settings: Readonly<Record<string, string>>;
  readonly token: () => Promise<string>;
}

/** Asking for a provider's keys, or for a token, may take so long at most. */
const ASK_LIMIT_MS = 5_000;
const SCOPE = "https://api.botframework.com";
const LOGIN = "https://login.microsoftonline.com/";

/**
 * Loads the SDK, which takes as long as all the rest together: who has no Teams doesn't wait for it.
 *
 * @param cloud - if it isn't Microsoft's public one
 */
export async function createBotFramework({ tenant, by }: TeamsConfig, cloud?: OtherCloud): Promise<BotFramework> {
  if (by === "playground") return { check: () => Promise.resolve(), token: () => Promise.resolve(undefined) };
  const { ConfigurationBotFrameworkAuthentication, ConfigurationServiceClientCredentialFactory } =
    await import("botbuilder");
  const { AppCredentials } = await import("botframework-connector");
  const settings = {
    MicrosoftAppId: by.appId,
    MicrosoftAppTenantId: tenant,
    MicrosoftAppType: by.type,
    ...(by.type === "SingleTenant" ? { MicrosoftAppPassword: by.appPassword } : {}),
  };
  const factory = new ConfigurationServiceClientCredentialFactory(settings);
  const authentication = new ConfigurationBotFrameworkAuthentication({ ...settings, ...cloud?.settings }, factory);

  async function ownToken(): Promise<string> {
    const credentials = await factory.createCredentials(by === "playground" ? "" : by.appId, SCOPE, LOGIN, true);
    if (!(credentials instanceof AppCredentials)) throw new Error("credentials without a token");
    return await credentials.getToken();
  }

  return {
    check: async (authorization, { channelId, serviceUrl }) => {
      // A token says who calls, for which bot, and from where; the rest of what was sent is not in it.
      const nobody = { id: "", name: "" };
      const activity = {
        ...{ type: "message", channelId, serviceUrl, from: nobody, recipient: nobody, text: "", label: "" },
        ...{ conversation: { ...nobody, isGroup: false, conversationType: "" }, callerId: "", valueType: "" },
        ...{ localTimezone: "", listenFor: [] },
      };
      try {
        const checked = authentication.authenticateRequest(activity, authorization);
        const late = () => new Error("the provider of the keys does not answer");
        const { claimsIdentity } = await within(ASK_LIMIT_MS, checked, late);
        // The SDK also takes tokens of its Emulator and of other bots, which are bound to no address to answer at.
        if (claimsIdentity.getClaimValue("serviceurl") !== serviceUrl) throw new Error("it is not Teams' own");
      } catch (cause) {
        throw new CodedError("SIGNATURE_INVALID", "The token is missing, or not one that Teams gave for us.", {
          cause,
        });
      }
    },
    token: async () => {
      try {
        const asked = (cloud?.token ?? ownToken)();
        return await within(ASK_LIMIT_MS, asked, () => new Error("it does not answer"));
      } catch (cause) {
        throw new CodedError("CHAT_FAILED", "Microsoft gave no token for calls to Teams.", {
          next: "Check MicrosoftAppId, MicrosoftAppPassword (a secret expires) and MicrosoftAppTenantId. It is tried again.",
          cause,
        });
      }
    },
  };
}
