/**
 * Connection options that make Postgres plan each named statement only once. Sequential scans are off, because a plan
 * made while a table is small would scan it, and would be kept when it has grown.
 */
export const KEEP_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/**
 * Connection options that make Postgres read in the order of indexes too, however it judges that, as lists are: they have
 * an index for each of their orders, and sorting what matches costs the more the more there is.
 */
export const READ_IN_ORDER = ['sort', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((way) => `-c enable_${way}=off`)
  .join(' ');
