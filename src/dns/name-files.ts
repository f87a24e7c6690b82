import { isIP } from 'node:net';

/** Parses a file such as `/etc/hosts` into addresses by lower-case name. Invalid lines are ignored. */
export const parseHosts = (text: string): ReadonlyMap<string, readonly string[]> => {
  const hosts = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address, ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) hosts.set(name, [...(hosts.get(name) ?? []), address]);
  }
  return hosts;
};

export type ResolvConf = {
  /** Domains appended to a short name, in the order in which they are tried. */
  readonly search: readonly string[];
  /** A name with at least this many dots is tried without a domain first. */
  readonly ndots: number;
};

const MAX_SEARCHED = 6;
const MAX_DOTS = 15;

/**
 * Parses the rules for names in `/etc/resolv.conf`, as resolv.conf(5) defines them. The library reads the servers
 * itself.
 */
export const parseResolvConf = (text: string): ResolvConf => {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...values] = (line.split(/[#;]/, 1)[0] ?? '').trim().split(/\s+/);
    // If both keywords occur, the last one counts.
    if (keyword === 'search') search = values.slice(0, MAX_SEARCHED);
    if (keyword === 'domain') search = values.slice(0, 1);
    if (keyword !== 'options') continue;
    for (const value of values) {
      const [, dots] = /^ndots:(\d{1,3})$/.exec(value) ?? [];
      if (dots !== undefined) ndots = Math.min(Number(dots), MAX_DOTS);
    }
  }
  return { search: search.map((domain) => domain.replace(/^\.|\.$/g, '')).filter((domain) => domain !== ''), ndots };
};

/** Lists the full names that a name may stand for, in the order in which to query them. */
export const candidatesFor = (name: string, { search, ndots }: ResolvConf): readonly string[] => {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
};
