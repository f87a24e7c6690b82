import type { JobDefinition } from '../../domain/events/index.ts';
import { staticOrigin } from '../../domain/targets/index.ts';

/** Longest part of a URL that is kept in a key, characters. */
const LONGEST_TEXT = 300;

/**
 * The key under which a task's calls share places: the target's origin. If the origin holds a parameter, it is known
 * only at the call, so the key is the application with the URL as written.
 */
export const targetKey = ({
  applicationId,
  taskConfig,
}: Pick<JobDefinition, 'applicationId' | 'taskConfig'>): string => {
  const text = taskConfig.endpoint ?? taskConfig.url ?? '';
  // Most targets are written so that their origin is at hand.
  const origin = staticOrigin(taskConfig) ?? (holdsParameter(text) ? undefined : URL.parse(text)?.origin);
  return origin ?? `application ${applicationId}: ${text.slice(0, LONGEST_TEXT)}`;
};

/** Whether the URL has a parameter in its origin. */
const holdsParameter = (text: string): boolean => {
  const parameter = text.indexOf('${');
  if (parameter === -1) return false;
  const authority = text.indexOf('//') + 2;
  const length = text.slice(authority).search(/[/?#\\]/);
  return length === -1 || parameter < authority + length;
};
