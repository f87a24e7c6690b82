/** Maximum jobs, and maximum JSON values (including lists and objects), of one file or of a request with all files. */
export const MAX_JOBS = 10_000;
export const MAX_VALUES = 400_000;

/** Maximum size of a file and of a request with all files. */
export const MAX_FILE_BYTES = 8 * 1_024 * 1_024;
