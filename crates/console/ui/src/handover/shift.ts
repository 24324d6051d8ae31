// The shift and its hand-over, as the service tells them.
import type { components } from '../api/schema';

type Bodies = components['schemas'];

export type Shift = Bodies['ShiftBody'];
export type Handover = Bodies['HandoverBody'];
export type Officer = Bodies['OfficerBody'];
