/** Where the API is served, below the page's own origin. */
export const PREFIX = '/_/scheduler';
