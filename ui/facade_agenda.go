package ui

// AgendaFacade is what the window asks of deadlines ahead, absences and the calendar.
type AgendaFacade interface{}
