import type { CreateJob, PreviewJob, UpdateJob } from '../../../../src/client/schema.ts';
import type { Draft } from './draft.ts';

/*
 * A draft is whatever somebody wrote. The API checks it, and states what is wrong with which field: a second check here
 * could only differ from that one. So these take a draft for what it is meant to be.
 */
const isMeantAs = <T extends object>(draft: object): draft is T => draft !== null;
const meantAs = <T extends object>(draft: Draft): T => {
  if (isMeantAs<T>(draft)) return draft;
  throw new TypeError('a draft is an object');
};

export const asNewJob = (draft: Draft): CreateJob => meantAs<CreateJob>(draft);
export const asJobChange = (draft: Draft): UpdateJob => meantAs<UpdateJob>(draft);
export const asPreview = (draft: Draft): PreviewJob => meantAs<PreviewJob>(draft);
