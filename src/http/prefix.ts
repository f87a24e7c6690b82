export const PREFIX = '/_/scheduler';
