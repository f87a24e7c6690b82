/** Under which every route of the API lies. */
export const PREFIX = '/_/scheduler';
