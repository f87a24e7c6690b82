/**
 * Connection options that make Postgres plan each named statement only once. Sequential scans are off, because a plan
 * made while a table is small would scan it, and would be kept when it has grown.
 */
export const KEEP_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';
