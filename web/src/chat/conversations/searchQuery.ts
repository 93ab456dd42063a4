const SHORTEST_BEGINNING = 2;
const LAST_WORD = /(?:^|\s)([\p{L}\p{N}]+)$/u;
const OPERATOR = /^or$/i;

/** What to search for while somebody types: the word that is not done yet is the beginning of one. */
export function asTyped(typed: string): string {
  const word = LAST_WORD.exec(typed)?.[1];
  const quotes = typed.split('"').length - 1;
  if (word === undefined || word.length < SHORTEST_BEGINNING || OPERATOR.test(word) || quotes % 2 === 1) return typed.trim();
  return `${typed.trim()}*`;
}
