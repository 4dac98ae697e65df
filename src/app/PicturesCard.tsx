/** The chosen sets of pictures: what is in them, a few of them with what is told, and pictures to calibrate on beside a text. */
import { useEffect, useRef, useState } from 'react';
import { pictureExample } from '../store/dropped';
import { errorWords, listed } from '../store/format';
import { isPictures } from '../store/plan';
import type { PictureReport, PictureSample } from '../store/state';
import { useLab, useLabState } from './context';
import { Select } from './controls';

/** Pictures that are shown of a set. */
const shownPictures = 3;

export function PicturesCard() {
  const lab = useLab();
  const { setup, texts, card } = useLabState((state) => ({
    setup: state.setup,
    texts: state.texts,
    card: state.checkpoint.card,
  }));
  const sets = texts.filter(({ id }) => isPictures(id));
  const chosen = [...new Set([setup.evaluation, setup.calibration, setup.calibrationPictures])].filter(
    (id) => sets.some((set) => set.id === id) && (card?.pictures || id !== setup.calibrationPictures),
  );
  return (
    <div className="pictures">
      {card?.pictures && !isPictures(setup.calibration) && sets.length > 0 && (
        <Select
          label="and on pictures"
          title="Calibrate on pictures with what is told of them, beside the text: each has half of the tokens."
          value={setup.calibrationPictures}
          options={[
            { value: '', label: 'none' },
            ...sets.map(({ id, label, pictures }) => ({ value: id, label: `${label} · ${pictures} pictures` })),
          ]}
          onChange={(calibrationPictures) => lab.configure({ calibrationPictures })}
        />
      )}
      {card && !card.pictures && (
        <p className="field-warning" role="status">
          {card.name} takes no pictures. Choose texts, or open a model that looks at pictures (LLaVA, Idefics3,
          SmolVLM).
        </p>
      )}
      {chosen.map((id) => (
        <PictureSet key={id} id={id} />
      ))}
      <p className="hint">Or drop a text, or a folder of pictures with a .jsonl that tells of them.</p>
      <details>
        <summary>How pictures are told of</summary>
        <p className="hint">
          The .jsonl lies beside the pictures (PNG, JPEG, WebP), a line for each text. {pictureExample('a.png')} A first
          line {'{"tell": "<image>{caption}", "ask": "<image>{question} {answer}"}'} says how captions and questions are
          written.
        </p>
      </details>
    </div>
  );
}

type Looked = { readonly report: PictureReport } | { readonly error: string } | null;

function PictureSet({ id }: { readonly id: string }) {
  const lab = useLab();
  const label = useLabState(({ texts }) => texts.find((set) => set.id === id)?.label ?? '');
  const [looked, setLooked] = useState<Looked>(null);
  useEffect(() => {
    const stop = new AbortController();
    void lab
      .textOf(id)
      .then((source) => lab.engine.ask('pictures', { source, samples: shownPictures }, { signal: stop.signal }))
      .then((report) => ({ report }))
      .catch((error: unknown) => ({ error: errorWords(error) }))
      .then((found) => {
        if (!stop.signal.aborted) setLooked(found);
      });
    return () => stop.abort();
  }, [lab, id]);
  if (!looked) return <p className="hint">Looking at {label}…</p>;
  if ('error' in looked) return <p className="field-warning">{looked.error}</p>;
  const { pictures, captions, questions, samples, templates } = looked.report;
  const counts = [counted(pictures, 'picture'), counted(captions, 'caption'), counted(questions, 'question')];
  return (
    <figure className="picture-set" aria-label={label}>
      <figcaption>
        <strong>{label}</strong>: {listed(counts.filter((text) => text !== ''))}
      </figcaption>
      <ul>
        {samples.map((sample) => (
          <li key={sample.image}>
            <Thumbnail sample={sample} />
            <div>
              {sample.texts.map(({ asked, told }) => (
                <p key={`${asked} ${told}`}>
                  {asked !== undefined && <span>{asked} </span>}
                  {told}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
      <p className="hint">
        Written as {captions > 0 && <code>{oneLine(templates.caption)}</code>}
        {captions > 0 && questions > 0 && ' and '}
        {questions > 0 && <code>{oneLine(templates.question)}</code>}
      </p>
    </figure>
  );
}

function Thumbnail({ sample: { image, width, height, thumbnail } }: { readonly sample: PictureSample }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { rgba, width, height } = thumbnail;
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [thumbnail]);
  const title = `${image}, ${width} × ${height} pixels`;
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={title}
      title={title}
      width={thumbnail.width}
      height={thumbnail.height}
    />
  );
}

const counted = (count: number, one: string) => (count ? `${count} ${count === 1 ? one : `${one}s`}` : '');
const oneLine = (template: string) => template.replaceAll('\n', '⏎');
