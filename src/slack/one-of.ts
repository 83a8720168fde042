/** What Bolt lets one listener have for several names: it asks each listener at every call, of any kind. */
export function oneOf(names: Iterable<string>): RegExp {
  return new RegExp(`^(?:${[...names].join("|")})$`);
}
