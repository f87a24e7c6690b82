export type ApplicationSummary = { readonly id: number; readonly name: string; readonly displayName: string };

export type LimitRef = { readonly applicationId: number; readonly name: string };

/** The living jobs that name something: the first of them, and how many there are. */
export type NamingJobsView = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** Executions that have not ended: the first of them, and how many there are. */
export type OpenExecutionsView = { readonly first: readonly number[]; readonly total: number };
