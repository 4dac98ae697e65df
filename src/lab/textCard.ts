/** A text as the log names it. */
import { fingerprintText } from '../formats/fingerprint';
import type { LabelledText } from '../formats/text';
import type { TextCard } from '../log/events';

/** `tokens`: of the whole text, or of as much of it as was read. */
export async function textCard({ label, text }: LabelledText, tokens: number): Promise<TextCard> {
  return { label, fingerprint: await fingerprintText(text), bytes: new TextEncoder().encode(text).length, tokens };
}
