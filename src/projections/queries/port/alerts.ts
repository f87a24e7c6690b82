export type AlertFilter = {
  readonly rule?: string;
  readonly jobId?: number;
  readonly applicationId?: number;
};
