/** Most jobs, and most JSON values (lists and objects included), of one file or of a request that carries all files. */
export const MAX_JOBS = 10_000;
export const MAX_VALUES = 400_000;

/** Size of the largest file, as of the largest request that carries all files. */
export const MAX_FILE_BYTES = 8 * 1_024 * 1_024;
