/** For a table of jobs without limits. */
export const NO_LIMITS = { take: () => {}, forget: () => {}, heard: () => {}, waits: () => false };
