/** Any of several plain words, whole: with it one listener hears them all. Bolt asks each of many at every call, of any kind. */
export function oneOf(names: Iterable<string>): RegExp {
  return new RegExp(`^(?:${[...names].join("|")})$`);
}
