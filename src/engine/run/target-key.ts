import type { JobDefinition } from '../../domain/events/index.ts';

/** Of a text that is kept as a key. */
const LONGEST_TEXT = 300;

/**
 * What tells targets apart: the origin, however it was written. One that parameters are filled into is known only at
 * the call: until then it is a target of its application's own, named by its text.
 */
export const targetKey = ({
  applicationId,
  taskConfig,
}: Pick<JobDefinition, 'applicationId' | 'taskConfig'>): string => {
  const text = taskConfig.endpoint ?? taskConfig.url ?? '';
  const origin = holdsParameter(text) ? undefined : URL.parse(text)?.origin;
  return origin ?? `application ${applicationId}: ${text.slice(0, LONGEST_TEXT)}`;
};

/** Whether one stands before the origin's end. */
const holdsParameter = (text: string): boolean => {
  const parameter = text.indexOf('${');
  if (parameter === -1) return false;
  const authority = text.indexOf('//') + 2;
  const length = text.slice(authority).search(/[/?#\\]/);
  return length === -1 || parameter < authority + length;
};
