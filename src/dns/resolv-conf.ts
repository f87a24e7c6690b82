export type ResolvConf = {
  /** Domains that are tried behind a short name, in order. */
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is first. */
  readonly ndots: number;
};

const MOST_SEARCHED = 6;
const MOST_DOTS = 15;

/** What `/etc/resolv.conf` says about names, by resolv.conf(5); its servers are read by the library. */
export const parseResolvConf = (text: string): ResolvConf => {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...values] = (line.split(/[#;]/, 1)[0] ?? '').trim().split(/\s+/);
    // The last one of both counts.
    if (keyword === 'search') search = values.slice(0, MOST_SEARCHED);
    if (keyword === 'domain') search = values.slice(0, 1);
    if (keyword !== 'options') continue;
    for (const value of values) {
      const [, dots] = /^ndots:(\d{1,3})$/.exec(value) ?? [];
      if (dots !== undefined) ndots = Math.min(Number(dots), MOST_DOTS);
    }
  }
  return { search: search.map((domain) => domain.replace(/^\.|\.$/g, '')).filter((domain) => domain !== ''), ndots };
};

/** The full names that a name may stand for, in the order in which they are asked for. */
export const candidatesFor = (name: string, { search, ndots }: ResolvConf): readonly string[] => {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
};
