/** API prefix on the page's origin. */
export const PREFIX = '/_/scheduler';
