import { BadTargetEntry, parseEntries, type TargetEntry } from './target-entry.ts';

/** Which targets may be called, parsed once from the settings. */
export type TargetPolicy = {
  readonly allowed: readonly TargetEntry[];
  /** Services that must be called through the gateway. */
  readonly internal: readonly TargetEntry[];
  /** The service's own public origin (the gateway): always allowed. */
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
 * From `ALLOWED_TARGETS`, `INTERNAL_HOSTS` (entries parted by commas or white space) and `PUBLIC_URL`.
 * @throws BadTargetEntry naming the setting and what is wrong with it
 */
export const parseTargetPolicy = (settings: {
  readonly allowedTargets?: string | undefined;
  readonly internalHosts?: string | undefined;
  readonly publicUrl?: string | undefined;
}): TargetPolicy => ({
  allowed: parseEntries('ALLOWED_TARGETS', settings.allowedTargets ?? ''),
  internal: parseEntries('INTERNAL_HOSTS', settings.internalHosts ?? ''),
  ownOrigin:
    settings.publicUrl === undefined || settings.publicUrl === '' ? undefined : ownOriginOf(settings.publicUrl),
});
