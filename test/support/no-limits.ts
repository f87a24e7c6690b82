/** For a table of jobs of which none names a limit. */
export const NO_LIMITS = { take: () => {}, forget: () => {}, heard: () => {}, waits: () => false };
