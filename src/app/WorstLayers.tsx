/** The layers that lost most, by name, before the map of all of them. */
import { memo } from 'react';
import type { SiteResult } from '../log/events';
import { number } from '../store/format';
import { lossShare, placeName } from '../store/layerMap';
import { Term } from './Term';

export const WorstLayers = memo(function WorstLayers({ layers }: { readonly layers: readonly SiteResult[] }) {
  if (layers.length === 0) return null;
  return (
    <p className="worst-layers">
      <strong>Most lost in</strong>{' '}
      {layers.map((layer, i) => (
        <span key={layer.site}>
          {i > 0 && ', '}
          {placeName(layer)} <span className="figure">({number((lossShare(layer) ?? 0) * 100, 2)} %)</span>
        </span>
      ))}{' '}
      <span className="hint">
        of the layer’s output: <Term name="error">error</Term>
      </span>
    </p>
  );
});
