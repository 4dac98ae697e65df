/** The report as Markdown, between the marks of docs/structures.md. Pure. */
import type {
  Interval,
  PaperReport,
  ReportAnswer,
  ReportCell,
  ReportClaim,
  ReportExperiment,
} from '../../../src/store/paperReport';
import { change, listed } from '../../../src/util/words';
import { labelOf } from './claim';
import { groupings, widths } from './sets';

const signed = (value: number, digits = 3) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
export const intervalText = ([mean, low, high]: Interval): string =>
  `${signed(mean)} (${signed(low)} … ${signed(high)})`;
const rowsOf = (group: number | null) => (group === null ? 'whole rows' : `groups of ${group}`);
const verdicts = { reproduced: 'Reproduced', refuted: 'Refuted', undecided: 'Undecided' } as const;
const ofCode = { reproduced: 'Shown', refuted: 'Not so', undecided: 'Undecided' } as const;
const ofGain = { reproduced: 'So', refuted: 'Not so', undecided: 'Undecided' } as const;
const words = { paper: verdicts, gain: ofGain, code: ofCode } as const;

export const verdictWord = ({ source, verdict }: Pick<ReportClaim, 'source' | 'verdict'>): string =>
  words[source][verdict];

/** In quotation marks where it is the paper's. */
const said = ({ source, statement }: Pick<ReportClaim, 'source' | 'statement'>): string =>
  source === 'paper' ? `“${statement}”` : statement;

/** "For it: Dense. Against it: Mamba. Open: Pictures." */
export function answersLine(answers: readonly ReportAnswer[]): string {
  const words = { for: 'For it', against: 'Against it', open: 'Open', missing: 'No model yet' } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .flatMap((outcome) => {
      const names = answers.filter((answer) => answer.outcome === outcome).map(({ structure }) => labelOf(structure));
      return names.length ? [`${words[outcome]}: ${listed(names)}.`] : [];
    })
    .join(' ');
}

/** What contradicts the paper, first of all. */
export function findings({ claims, structures }: PaperReport): string {
  const of = (source: ReportClaim['source'], verdict: ReportClaim['verdict']) =>
    claims.filter((claim) => claim.source === source && claim.verdict === verdict);
  const lines = (found: readonly ReportClaim[]) =>
    found.map(({ source, statement, answers, why, verdict }) => {
      const reason = verdict === 'refuted' && why ? ` ${why}` : '';
      return `- ${said({ source, statement })} ${answersLine(answers)}${reason}`;
    });
  const part = (title: string, found: readonly ReportClaim[]) => (found.length ? [title, '', ...lines(found), ''] : []);
  const missing = structures.filter(({ perplexity }) => perplexity === null).map(({ label }) => label);
  return [
    ...(missing.length ? [`There is no model yet of: ${listed(missing)}. Nothing is said of them.`, ''] : []),
    ...part('**Our figures contradict the paper where it says:**', of('paper', 'refuted')),
    ...part('**Where the paper has no figures, our figures are against saying:**', of('gain', 'refuted')),
    ...part('**Where it has none, they are for saying:**', of('gain', 'reproduced')),
    ...part('**Where it has none, they leave undecided:**', of('gain', 'undecided')),
    ...part('**They agree where it says:**', of('paper', 'reproduced')),
    ...part('**They leave undecided:**', of('paper', 'undecided')),
    ...part('**Of the released code it is shown here:**', of('code', 'reproduced')),
    ...part('**It is not so here:**', of('code', 'refuted')),
    ...part('**Of the released code it is undecided here:**', of('code', 'undecided')),
  ]
    .join('\n')
    .trim();
}

function modelTable({ structures }: PaperReport): string {
  return [
    '| structure | parameters | perplexity on stories, full precision |',
    '| --- | ---: | ---: |',
    ...structures.map(({ label, parameters, perplexity }) =>
      perplexity
        ? `| ${label} | ${parameters.toLocaleString('en')} | ${perplexity[0].toFixed(3)} (${perplexity[1].toFixed(3)} … ${perplexity[2].toFixed(3)}) |`
        : `| ${label} | no model yet | – |`,
    ),
  ].join('\n');
}

function cellText(cell: ReportCell | undefined): string {
  if (!cell) return '–';
  if (!cell.value) return 'cannot run';
  const [mean, low, high] = cell.value;
  const text = `${signed(mean)} ± ${((high - low) / 2).toFixed(3)}${cell.mark === 'wide' ? `, ${cell.stored} bits` : ''}`;
  return cell.mark === 'best' ? `**${text}**` : text;
}

/** A table for each width and grouping: structure × method. */
function mainTables({ structures, methods, cells }: PaperReport): string {
  return widths
    .flatMap((bits) =>
      groupings.map((group) => {
        const here = cells.filter((cell) => cell.bits === bits && cell.group === group);
        const columns = methods.filter(({ name }) => here.some(({ method }) => method === name));
        const rows = structures.filter(({ name }) => here.some(({ structure }) => structure === name));
        return [
          `**${bits} bits, ${rowsOf(group)}**`,
          '',
          `| | ${columns.map(({ label }) => label).join(' | ')} |`,
          `| --- |${' ---: |'.repeat(columns.length)}`,
          ...rows.map(({ name, label }) => {
            const of = columns.map((column) =>
              cellText(here.find(({ structure, method }) => structure === name && method === column.name)),
            );
            return `| ${label} | ${of.join(' | ')} |`;
          }),
        ].join('\n');
      }),
    )
    .join('\n\n');
}

function rankTable({ ranks }: PaperReport): string {
  const pairs = [...new Set(ranks.map(({ of }) => of.join(' ')))].map((text) => text.split(' ') as [string, string]);
  if (pairs.length === 0) return 'It takes two structures, and there is one.';
  const places = widths.flatMap((bits) => groupings.map((group) => ({ bits, group })));
  return [
    `| | ${places.map(({ bits, group }) => `${bits} bits, ${rowsOf(group)}`).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(places.length)}`,
    ...pairs.map(([a, b]) => {
      const of = places.map(({ bits, group }) => {
        const rank = ranks.find((r) => r.bits === bits && r.group === group && r.of[0] === a && r.of[1] === b);
        return rank ? `${rank.tau[0].toFixed(2)} (${rank.tau[1].toFixed(2)} … ${rank.tau[2].toFixed(2)})` : '–';
      });
      return `| ${labelOf(a)} – ${labelOf(b)} | ${of.join(' | ')} |`;
    }),
  ].join('\n');
}

function claimText(claim: ReportClaim): string {
  const { criterion, beyond, why, verdict, answers } = claim;
  const checks = answers.flatMap(({ structure, checks }) =>
    checks.map(({ label, difference, outcome }) => {
      const found = difference ? intervalText(difference) : 'not measured';
      return `| ${labelOf(structure)} | ${label} | ${found} | ${outcome} |`;
    }),
  );
  const notes = answers.flatMap(({ structure, note }) => (note ? [`${labelOf(structure)}: ${note}`] : []));
  return [
    `### ${verdictWord(claim)}: ${said(claim)}`,
    '',
    [answersLine(answers), beyond, verdict === 'refuted' ? why : null].filter(Boolean).join(' '),
    '',
    ...(notes.length ? [notes.join(' '), ''] : []),
    `*What decides.* ${criterion}`,
    ...(checks.length
      ? [
          '',
          '| structure | right if below 0 | difference of ln perplexities (95 %) | |',
          '| --- | --- | ---: | --- |',
          ...checks,
        ]
      : []),
  ].join('\n');
}

const optional = (value: number | undefined, text: (value: number) => string) =>
  value === undefined ? '' : text(value);
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

function experimentText({ title, line, rows }: ReportExperiment): string {
  return [
    `### ${title}`,
    '',
    line,
    '',
    '| structure | | ln ratio | difference to what it is against | bits/weight | operations a token | rerouted | from the picture | right answers |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => {
      const cells = [
        labelOf(row.structure),
        row.label,
        row.value ? `${intervalText(row.value)}, ${change(row.value[0])}` : '',
        row.difference ? intervalText(row.difference) : '',
        optional(row.stored, (bits) => bits.toFixed(2)),
        optional(row.operations, (count) => count.toLocaleString('en')),
        optional(row.rerouted, percent),
        optional(row.sight, (nats) => nats.toFixed(3)),
        optional(row.accuracy, percent),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

const measuredText = ({ measured: { windows, context, calibrationTokens, narrow }, engine }: PaperReport): string =>
  `Every point is measured on the same ${windows} windows of ${context} tokens of stories (\`gptq\` protocol), and calibrated on the same ${calibrationTokens.toLocaleString('en')} tokens of others, in one pass for all methods and widths (\`shared\`). Where calibration is narrow it is ${narrow} tokens of one kind of story. Routers and the layers that make Mamba’s step sizes, B and C stay as stored, unless a line says otherwise. Experts are blended with 64 tokens of all. The seed is 0, the engine ${engine}.`;

/** By the name of their marks in the page. */
export const textsOf = (
  report: PaperReport,
  experiments: readonly ReportExperiment[],
): Readonly<Record<string, string>> => ({
  findings: findings(report),
  measured: measuredText(report),
  models: modelTable(report),
  methods: mainTables(report),
  ranks: rankTable(report),
  claims: report.claims.map(claimText).join('\n\n'),
  experiments: experiments.map(experimentText).join('\n\n'),
});
