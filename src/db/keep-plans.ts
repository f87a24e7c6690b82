/**
 * Options of a connection that plans each named statement once. A plan that is kept goes by indexes, however small the
 * tables were when it was made.
 */
export const KEEP_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';
