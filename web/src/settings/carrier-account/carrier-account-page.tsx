export function CarrierAccountPage() { return null }
