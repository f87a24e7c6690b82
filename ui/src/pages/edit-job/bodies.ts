import type { CreateJob, PreviewJob, UpdateJob } from '../../../../packages/client/src/schema.ts';
import type { Draft } from './draft.ts';

/*
 * A draft is unvalidated user input. The API validates it and names the wrong fields; a second check here could only differ.
 * So these treat a draft as the intended type.
 */
const isMeantAs = <T extends object>(draft: object): draft is T => draft !== null;
const meantAs = <T extends object>(draft: Draft): T => {
  if (isMeantAs<T>(draft)) return draft;
  throw new TypeError('a draft is an object');
};

export const asNewJob = (draft: Draft): CreateJob => meantAs<CreateJob>(draft);
export const asJobChange = (draft: Draft): UpdateJob => meantAs<UpdateJob>(draft);
export const asPreview = (draft: Draft): PreviewJob => meantAs<PreviewJob>(draft);
