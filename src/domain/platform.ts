/** The chat platforms there are. */
export const PLATFORMS = ["slack", "teams"] as const;

export type Platform = (typeof PLATFORMS)[number];

/** Something of each platform, where there is one. */
export type ByPlatform<T> = Readonly<Partial<Record<Platform, T | undefined>>>;

/** Where a request is shown in one platform, by the platform's own ids. What has no channel isn't shown there. */
export interface Surfaces {
  readonly thread?: string | undefined;
  readonly approvals?: string | undefined;
  readonly security?: string | undefined;
}
