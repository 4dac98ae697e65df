/** Texts of the report: the bundled stories, and of them one kind alone. Pure. */
import type { LabelledText } from '../../../src/formats/text';

/** How the almanac begins as questions: the towns that a model knows by heart, asked of by a teacher. */
const almanac = /^The teacher asked about /;

/** The passages of one kind of story, so that experts which know the others see nothing. */
export function oneKind({ label, text }: LabelledText): LabelledText {
  const passages = text.split('\n\n').filter((passage) => almanac.test(passage));
  return { label: `${label}, one kind`, text: passages.join('\n\n') };
}
