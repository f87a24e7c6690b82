/** The field in which somebody says which job is meant. */
export const JOB_FIELD = {
  label: 'Job',
  pointer: '/of',
  hint: 'Application and name, such as crm/nightly-sync, or ID',
} as const;

/** What the API takes for it: an id is a number there. */
export const namedJob = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
