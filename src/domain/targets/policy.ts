import { type PortRange, parsePorts } from './ports.ts';
import { BadTargetEntry, parseEntries, type TargetEntry } from './target-entry.ts';

/** Which targets may be called, from the settings. */
export type TargetPolicy = {
  readonly allowed: readonly TargetEntry[];
  /** Nothing but `allowed` may be called, public addresses neither. */
  readonly listedOnly: boolean;
  /** Undefined: every port may be called. */
  readonly ports: readonly PortRange[] | undefined;
  /** Services that must be called through the gateway. */
  readonly internal: readonly TargetEntry[];
  /** Carillon's own public origin, that of the gateway: always allowed. */
  readonly ownOrigin: string | undefined;
};

const ownOriginOf = (publicUrl: string): string => {
  const url = URL.parse(publicUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new BadTargetEntry('PUBLIC_URL', publicUrl, 'is no http or https URL');
  }
  return url.origin;
};

/**
 * Parses `PUBLIC_URL`, and `ALLOWED_TARGETS`, `INTERNAL_HOSTS` and `TARGET_PORTS` with entries separated by
 * commas or white space.
 * @throws BadTargetEntry with the name of the setting and what is wrong with it
 */
export const parseTargetPolicy = (settings: {
  readonly allowedTargets?: string | undefined;
  readonly listedOnly?: boolean | undefined;
  readonly ports?: string | undefined;
  readonly internalHosts?: string | undefined;
  readonly publicUrl?: string | undefined;
}): TargetPolicy => ({
  allowed: parseEntries('ALLOWED_TARGETS', settings.allowedTargets ?? ''),
  listedOnly: settings.listedOnly ?? false,
  ports: settings.ports === undefined || settings.ports === '' ? undefined : parsePorts('TARGET_PORTS', settings.ports),
  internal: parseEntries('INTERNAL_HOSTS', settings.internalHosts ?? ''),
  ownOrigin:
    settings.publicUrl === undefined || settings.publicUrl === '' ? undefined : ownOriginOf(settings.publicUrl),
});
