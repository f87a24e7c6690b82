import { TargetRefused } from './refused.ts';
import { BadTargetEntry, MAX_PORT } from './target-entry.ts';

/** Ports that may be called, both ends included. */
export type PortRange = { readonly first: number; readonly last: number };

/** @throws BadTargetEntry with the name of the setting and the entry */
export const parsePorts = (setting: string, text: string): PortRange[] =>
  text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(entry) ?? [];
      const range = { first: Number(from), last: Number(to) };
      if (range.first >= 1 && range.first <= range.last && range.last <= MAX_PORT) return range;
      throw new BadTargetEntry(setting, entry, `is no port from 1 to ${MAX_PORT} and no range such as 8000-8999`);
    });

/** Why a port must not be called; undefined if it may be. Without `ports`, every port may be. */
export const judgePort = (port: number, ports: readonly PortRange[] | undefined): TargetRefused | undefined =>
  ports === undefined || ports.some(({ first, last }) => first <= port && port <= last)
    ? undefined
    : new TargetRefused({
        rule: 'port',
        why: `port ${port} may not be called`,
        setting: { name: 'TARGET_PORTS', entry: String(port) },
      });
