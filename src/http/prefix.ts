/** Every route of the API lies below this path. */
export const PREFIX = '/_/scheduler';
