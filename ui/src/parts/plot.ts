import uPlot from 'uplot';
import { wallOf } from '../words/time.ts';
import 'uplot/dist/uPlot.min.css';

type Plotted = {
  readonly atSeconds: readonly number[];
  readonly lines: readonly { readonly title: string; readonly colour: string; readonly values: readonly number[] }[];
  readonly heightPx: number;
  readonly zone: string;
  readonly say: (value: number) => string;
};

/** Draws lines into an element, as wide as it is. @returns what takes them away */
export const plot = (element: HTMLElement, { atSeconds, lines, heightPx, zone, say }: Plotted): (() => void) => {
  const sayTime = (seconds: number, all: readonly number[]): string => {
    const { date, time } = wallOf(seconds * 1_000, zone);
    const isLong = (all.at(-1) ?? seconds) - (all[0] ?? seconds) > 86_400;
    return isLong ? date.slice(5) : time;
  };
  const styles = getComputedStyle(element);
  const axis = {
    stroke: styles.color,
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const chart = new uPlot(
    {
      width: Math.max(200, element.clientWidth),
      height: heightPx,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
      axes: [
        { ...axis, values: (_chart, values) => values.map((seconds) => sayTime(seconds, values)) },
        { ...axis, size: 62, values: (_chart, values) => values.map(say) },
      ],
      series: [
        {},
        ...lines.map(({ title, colour }) => ({
          label: title,
          stroke: colourOf(element, colour),
          width: 1.5,
          points: { show: atSeconds.length < 40, size: 5 },
        })),
      ],
    },
    [[...atSeconds], ...lines.map(({ values }) => [...values])],
    element,
  );
  const resizes = new ResizeObserver(() =>
    chart.setSize({ width: Math.max(200, element.clientWidth), height: heightPx }),
  );
  resizes.observe(element);
  return () => {
    resizes.disconnect();
    chart.destroy();
  };
};

/** A canvas knows no `light-dark()`: the browser computes the colour of an element of that colour. */
const colourOf = (element: HTMLElement, property: string): string => {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};
