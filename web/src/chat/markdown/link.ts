const LONGEST_LINK_CHARACTERS = 2048;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/**
 * Whether a link may lead there: to the web or to a mailbox, by an absolute address.
 *
 * One that names a user (`https://bank.example@elsewhere.example`) is there to deceive. One that is long is refused because
 * a text of a megabyte can use it a hundred thousand times.
 */
export function isLink(address: string): boolean {
  if (address.length > LONGEST_LINK_CHARACTERS || !URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return SCHEMES.has(protocol) && username === "" && password === "";
}
