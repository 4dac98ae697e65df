/**
 * What chats, mails and documents do to a link on its way, undone: spaces and line breaks that were put in (as they are, or as %20),
 * marks of quotations, and the punctuation of the sentence around it. A link holds letters, digits, "-" and "_" only and has a
 * checksum, so nothing that belongs to it can be lost here, and nothing damaged can pass for whole.
 */

/** White space, joiners and soft hyphens that nobody sees, ">" of quoted mails, "=" at the soft line breaks of mails. */
const putIn = /[\s\u00ad\u180e\u200b-\u200f\u2028\u2029\u2060\ufeff>=]+/g;
/** Everything behind the last letter that a link can end in. */
const appended = /[^A-Za-z0-9_-]+$/;
/** A run of percent escapes. */
const escapes = /(?:%[0-9a-f]{2})+/gi;

/** The hash as it was made, as far as it can be told. */
export function mendHash(hash: string): string {
  const plain = hash.replace(escapes, unescape).replace(putIn, '');
  // "#v1." alone ends in a letter that counts.
  const [, head = '', payload = plain] = /^(#?v\d{1,6}\.)([\s\S]*)$/.exec(plain) ?? [];
  return head + payload.replace(appended, '');
}

function unescape(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    // Not UTF-8, so not an escape of a browser's: stays, and is named as what should not be there.
    return escaped;
  }
}

/** Whether an address holds a link at all (of any version): an empty or foreign hash is no error. */
export const isPermalink = (hash: string): boolean => /^#?v\d{1,6}\./.test(mendHash(hash.slice(0, 100)));
