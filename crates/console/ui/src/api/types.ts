// The API's bodies under the glossary's names.
import type { components } from './schema';

type Bodies = components['schemas'];

export type Alert = Bodies['AlertBody'];
export type AlertsPage = Bodies['AlertsBody'];
export type WatchEvent = Bodies['EventBody'];
export type Camera = Bodies['CameraBody'];
export type CameraStream = Bodies['StreamBody'];
export type Coverage = Bodies['CoverageBody'];
export type CameraCoverage = Bodies['CameraCoverageBody'];
export type Aspect = Bodies['AspectBody'];
export type Health = Bodies['HealthBody'];
export type Track = Bodies['TrackBody'];
export type Target = Bodies['NotificationTargetBody'];
export type Purpose = Bodies['PurposeBody'];
export type SearchCoverage = Bodies['SearchCoverageBody'];
export type SavedSearch = Bodies['SavedSearchBody'];
export type RegionSearch = Bodies['RegionSearchBody'];
export type RegionHit = Bodies['RegionHitBody'];
export type Export = Bodies['ExportBody'];
export type Shelving = Bodies['ShelvingBody'];
export type CameraRules = Bodies['CameraRulesBody'];
export type NamedPlace = Bodies['PlaceBody'];
export type MapLayer = Bodies['MapLayerBody'];
export type Me = Bodies['MeBody'];
export type Case = Bodies['CaseBody'];
export type CaseDetail = Bodies['CaseDetailBody'];
export type Hold = Bodies['HoldBody'];
export type HoldRequest = Bodies['HoldRequest'];
export type Unmasking = Bodies['UnmaskingBody'];
export type ExportRequest = Bodies['ExportRequest'];
export type Problem = Bodies['Problem'];
