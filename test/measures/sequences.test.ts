/** Pictures with texts as windows: what is written around them, what is scored, and which answers are counted as right. */
import { describe, expect, it } from 'vitest';
import { recordsIn, type PictureRecord } from '../../src/formats/pictures/pictureSet';
import { Measurement } from '../../src/measures/gather';
import { checkTemplates, sequencesOf, windowsOf, type Templates } from '../../src/measures/sequences';
import { measuredWindows, scoredPerWindow, spanOf } from '../../src/measures/windows';
import { idTokenizer } from '../lab/tiny';

const tokens = { id: 63, features: 2, frame: 'bare' } as const;
const tokenizer = idTokenizer(1);
/** Text of ids. */
const said = (...ids: number[]) => tokenizer.decode(ids);
const templates: Templates = {
  caption: `<image>${said(9)}{caption}${said(8)}`,
  question: `<image>{question}${said(7)}{answer}`,
};
const caption = (text: string): PictureRecord => ({ image: 'a.png', kind: 'caption', caption: text });
const question: PictureRecord = {
  ...{ image: 'b.png', kind: 'question', question: said(20, 21) },
  ...{ answer: said(30), choices: [said(31), said(30), said(32, 33)] },
};
const written = (record: PictureRecord, number = 0) => sequencesOf(tokenizer, record, number, tokens, null, templates);

describe('sequences', () => {
  it('are a picture and its caption, which alone is scored', () => {
    const [only, ...more] = written(caption(said(40, 41)));
    expect(more).toEqual([]);
    expect(only).toEqual({ ids: Uint32Array.of(63, 63, 9, 40, 41, 8), first: 3, image: 'a.png', choice: null });
  });

  it('are a question with each of its choices, which alone is scored', () => {
    expect(written(question, 5)).toEqual([
      { ids: Uint32Array.of(63, 63, 20, 21, 7, 31), first: 5, image: 'b.png', choice: { question: 5, right: false } },
      { ids: Uint32Array.of(63, 63, 20, 21, 7, 30), first: 5, image: 'b.png', choice: { question: 5, right: true } },
      {
        ids: Uint32Array.of(63, 63, 20, 21, 7, 32, 33),
        first: 5,
        image: 'b.png',
        choice: { question: 5, right: false },
      },
    ]);
    // An answer alone is a text like a caption.
    expect(written({ ...question, choices: [question.answer] }).map(({ choice }) => choice)).toEqual([null]);
  });

  it('keep what looks like a place of the template, or like a replacement, as it is written', () => {
    const odd = { ...question, question: '$&{answer}' };
    const seen: string[] = [];
    const noting = { ...tokenizer, encode: (text: string) => (seen.push(text), Uint32Array.of(63, 63, 1)) };
    sequencesOf(noting, { ...odd, choices: [odd.answer] }, 0, tokens, null, templates);
    expect(seen[0]).toBe(`${said(63, 63)}$&{answer}${said(7)}${odd.answer}`);
  });

  it('fill windows of one length, and say what of each is scored', () => {
    const all = [...written(caption(said(40, 41))), ...written(question, 1)];
    const windows = windowsOf(tokenizer, all, 16, 'set.jsonl');
    expect(windows.context).toBe(7);
    expect([...(windows.ids[0] ?? [])]).toEqual([63, 63, 9, 40, 41, 8, 0]);
    expect(windows.ids.map((_, i) => spanOf(windows, i))).toEqual([
      { first: 3, end: 6 },
      { first: 5, end: 6 },
      { first: 5, end: 6 },
      { first: 5, end: 7 },
    ]);
    expect([scoredPerWindow(windows), measuredWindows(windows), windows.tokens]).toEqual([7 / 4, 2, 25]);
    // Of what is told and right, two bytes a token.
    expect(windows.bytesPerToken).toBe(2);
    expect(() => windowsOf(tokenizer, all, 6, 'set.jsonl')).toThrow('takes 7 tokens, and the context is 6');
  });

  it('are written by templates that have a place for all there is', () => {
    expect(() => checkTemplates(templates)).not.toThrow();
    expect(() => checkTemplates({ ...templates, caption: '<image>' })).toThrow('expected {caption} in it once');
    expect(() => checkTemplates({ ...templates, question: '{question}{answer}' })).toThrow(
      'expected <image> in it once',
    );
    expect(() => checkTemplates({ ...templates, question: '<image><image>{question}{answer}' })).toThrow('<image>');
  });
});

describe('questions', () => {
  const choices = [null, { question: 1, right: false }, { question: 1, right: true }];
  const more = [
    { question: 2, right: true },
    { question: 2, right: false },
  ];

  it('are right when the right answer is the most likely, all its tokens together', () => {
    const measurement = new Measurement('p', { bytesPerToken: 4, choices: [...choices, ...more] }, null);
    const losses = [[1, 1], [2], [0.9, 0.9], [3], [3]];
    for (const [i, choice] of [...choices, ...more].entries()) {
      measurement.add({ nll: Float32Array.from(losses[i] ?? []), choice });
      // A question counts when its last choice is in.
      expect(measurement.measured().values['accuracy']?.mean).toBe([undefined, undefined, 1, 1, 0.5][i]);
    }
    const { windows, tokens: scored, values } = measurement.measured();
    // Wrong answers are no text to measure by.
    expect([windows, scored]).toEqual([3, 5]);
    expect(Math.log(values['perplexity']?.mean ?? 0)).toBeCloseTo((1 + 1 + 0.9 + 0.9 + 3) / 5, 6);
    expect(measurement.losses()).toEqual([1, 0.9, 3]);
  });

  it('of which there are none have no accuracy', () => {
    const measurement = new Measurement('p', { bytesPerToken: 4 }, null);
    measurement.add({ nll: Float32Array.of(1) });
    expect(measurement.measured().values).not.toHaveProperty('accuracy');
  });
});

describe('lines of a set of pictures', () => {
  it('are captions and questions', () => {
    const lines = [
      '{"image": "a.png", "caption": "a red circle", "seed": 3}',
      '',
      '{"image": "in/b.png", "question": "color?", "answer": "red", "choices": ["blue", "red"]}',
      '{"image": "b.png", "question": "color?", "answer": "red"}',
    ];
    const records = [
      { image: 'a.png', kind: 'caption', caption: 'a red circle' },
      { image: 'in/b.png', kind: 'question', question: 'color?', answer: 'red', choices: ['blue', 'red'] },
      { image: 'b.png', kind: 'question', question: 'color?', answer: 'red', choices: ['red'] },
    ];
    expect(recordsIn(lines.join('\n'), 'set.jsonl')).toEqual({ records, lines: [1, 3, 4] });
    // A first line may say how they are written.
    const wording = '{"ask": "<image>q: {question} a: {answer}"}';
    expect(recordsIn(['', wording, ...lines].join('\n'), 'set.jsonl')).toEqual({
      records,
      lines: [3, 5, 6],
      wording: { question: '<image>q: {question} a: {answer}' },
    });
  });

  it.each([
    ['', /there is no line in it/],
    ['{"image": 1}', /line 1: "image" is not the path of a picture/],
    ['{"image": "a.png", "caption": "x"}\nno', /line 2: it is no JSON\b/],
    ['[1]', /it is no JSON object/],
    ['{"image": "a.png"}', /neither a "caption" nor a "question"/],
    ['{"image": "a.png", "question": "q"}', /neither a "caption" nor a "question" with its "answer"/],
    ['{"tell": "<image>{caption}"}', /there is no line in it/],
    ['{"tell": 3}\n{"image": "a.png", "caption": "x"}', /line 1: "tell" or "ask" is no text/],
    ['{"image": "a.png", "caption": "x"}\n{"tell": "y"}', /line 2: "image" is not the path of a picture/],
    ['{"image": "../a.png", "caption": "x"}', /"..\/a.png" does not lie beside the file/],
    ['{"image": "/etc/a.png", "caption": "x"}', /does not lie beside the file/],
    ['{"image": "c:\\\\a.png", "caption": "x"}', /does not lie beside the file/],
    ['{"image": "a.png", "question": "q", "answer": "x", "choices": ["y"]}', /the answer "x" is not among the choices/],
    ['{"image": "a.png", "question": "q", "answer": "x", "choices": ["x", "x"]}', /a choice stands there twice/],
    ['{"image": "a.png", "question": "q", "answer": "x", "choices": "x"}', /"choices" is no list of texts/],
  ])('are refused: %s', (text, message) => {
    expect(() => recordsIn(text, 'set.jsonl')).toThrow(message);
  });
});
