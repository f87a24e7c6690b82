export { boundOrigin } from './bound-origin.ts';
export { checkTarget, type Resolve, type TargetCheck } from './check-target.ts';
export { judgeAddress } from './judge-address.ts';
export { judgeAddresses, judgeUrl, type UrlJudgement } from './judge-url.ts';
export { parseTargetPolicy, type TargetPolicy } from './policy.ts';
export { TargetRefused } from './refused.ts';
export { isForwardingHeader, isHostHeader } from './routing-headers.ts';
export { BadTargetEntry } from './target-entry.ts';
export { targetUrl } from './target-url.ts';
