export { checkTarget, type Resolve, type ResolveFor } from './check-target.ts';
export { isPublicAddress, judgeAddress } from './judge-address.ts';
export { judgeAddresses, judgeUrl } from './judge-url.ts';
export { boundOrigin, boundOriginOfClient, mayNotGo, refusedOrigin, staticOrigin } from './origins.ts';
export { parseTargetPolicy, type TargetPolicy } from './policy.ts';
export { TargetRefused } from './refused.ts';
export { CALL_HEADER, isHostHeader, isUnsentHeader } from './routing-headers.ts';
export { parseTargetName, targetNames } from './target-names.ts';
export { targetUrl } from './target-url.ts';
