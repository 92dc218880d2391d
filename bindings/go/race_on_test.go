//go:build race

package quipu_test

const raceEnabled = true
