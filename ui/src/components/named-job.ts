/** The field for a job's name or id. */
export const JOB_FIELD = {
  label: 'Job',
  pointer: '/of',
  hint: 'Application and name, such as crm/nightly-sync, or ID',
} as const;

/** The field's value for the API: an id becomes a number. */
export const namedJob = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
