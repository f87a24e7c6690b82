const SENSITIVE_HEADER = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|[-_](?:token|key)$|secret/i;

/** Whether values of a header of this name are secret. */
export const isSensitiveHeader = (name: string): boolean => SENSITIVE_HEADER.test(name);
