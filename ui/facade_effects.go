package ui

// EffectFacade is what the window asks of restrictions, the suppression list and corrections.
type EffectFacade interface{}
