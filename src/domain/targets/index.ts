export { mayNotGo } from './allowed-origins.ts';
export { boundOrigin, staticOrigin } from './bound-origin.ts';
export { checkTarget, type Resolve, type ResolveFor } from './check-target.ts';
export { judgeAddress } from './judge-address.ts';
export { judgeAddresses, judgeUrl } from './judge-url.ts';
export { parseTargetPolicy, type TargetPolicy } from './policy.ts';
export { TargetRefused } from './refused.ts';
export { isForwardingHeader, isHostHeader } from './routing-headers.ts';
export { targetUrl } from './target-url.ts';
