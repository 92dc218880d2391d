module example.com/quipu

go 1.19
