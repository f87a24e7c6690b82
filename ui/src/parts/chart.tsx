import { useEffect, useRef } from 'preact/hooks';
import { sayDuration } from '../words/time.ts';
import { theme, zoneFor } from './preferences.ts';

type Line = {
  readonly title: string;
  /** A custom property of the stylesheet. */
  readonly colour: `--${string}`;
  /** In ms. */
  readonly values: readonly number[];
};

type ChartProps = {
  /** What it shows, in a sentence. */
  readonly label: string;
  readonly atSeconds: readonly number[];
  readonly lines: readonly Line[];
};

const HEIGHT = 170;

/** Lines of durations over time. The library comes with the first chart that is shown. */
export const Chart = ({ label, atSeconds, lines }: ChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const zone = zoneFor(undefined);
  const data = JSON.stringify([atSeconds, lines, theme.value, zone]);
  useEffect(() => {
    let isGone = false;
    let destroy = (): void => {};
    void import('./plot.ts').then(({ plot }) => {
      if (isGone || place.current === null) return;
      destroy = plot(place.current, { atSeconds, lines, heightPx: HEIGHT, zone, say: sayDuration });
    });
    return () => {
      isGone = true;
      destroy();
    };
  }, [data]);
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={label} style={{ minHeight: `${HEIGHT}px` }} />
      <figcaption class="small quiet">
        {lines.map(({ title, colour }) => (
          <span key={title} class="legend">
            <span class={`key key-${colour === '--busy-fill' ? 'busy' : 'warn'}`} /> {title}
          </span>
        ))}
        <span class="chart-label">{label}</span>
      </figcaption>
    </figure>
  );
};
