/** One line of a scrape. */
export type Series = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type Scrape = {
  /** The kind of each metric, by its name. */
  readonly kinds: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
  readonly text: string;
};

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads a text in the format of Prometheus. */
export const parseScrape = (text: string): Scrape => {
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]));
  const series = text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const named = [...labels.matchAll(LABEL)].map(([, label = '', of = '']) => [label, of]);
    return [{ name, labels: Object.fromEntries(named), value: Number(value) }];
  });
  return { kinds, series, text };
};

/** The metrics of the server at this URL. */
export const scrape = async (url: string, token: string): Promise<Scrape> => {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return parseScrape(await response.text());
};

/** The sum of the series with this name and these labels; `undefined` if there are none. */
export const sumOf = (
  { series }: Pick<Scrape, 'series'>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined => {
  const found = series.filter(
    (each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
};
