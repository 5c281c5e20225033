-- The same small clinic in T-SQL. Every person here is invented; the social security numbers start with 9, which is never assigned.
CREATE DATABASE clinic
GO
USE clinic
GO
CREATE SCHEMA clinic
GO
CREATE TABLE clinic.patients (
    id            int NOT NULL PRIMARY KEY,
    full_name     nvarchar(100) NOT NULL,
    ssn           char(11) NOT NULL UNIQUE,
    date_of_birth date NOT NULL,
    postal_code   varchar(10) NOT NULL,
    notes         nvarchar(max) NOT NULL
)
GO
CREATE TABLE clinic.appointments (
    id         int NOT NULL PRIMARY KEY,
    patient_id int NOT NULL,
    day        date NOT NULL,
    department varchar(40) NOT NULL
)
GO
INSERT INTO clinic.patients VALUES
    (1, N'Marisol Quenneville', '900-41-7712', '1956-03-14', '02139', N'Type 2 diabetes; metformin 500 mg'),
    (2, N'Tobias Ferncastle',   '900-52-8093', '1988-11-02', '10027', N'Migraine with aura'),
    (3, N'Ngozi Amberlight',    '900-63-1548', '1971-07-29', '94110', N'Hypertension; lisinopril 10 mg'),
    (4, N'Henrik Stoddersby',   '900-74-2266', '2009-01-05', '60614', N'Asthma, exercise induced'),
    (5, N'Priya Wolcotteau',    '900-85-3371', '1994-09-18', '98103', N'Pregnancy, 24th week'),
    (6, N'Caspar Dellwyn',      '900-96-4480', '1963-12-24', '02139', N'Chronic kidney disease, stage 3'),
    (7, N'Ilse Marrowgate',     '900-17-5519', '1949-05-30', '33139', N'Atrial fibrillation; apixaban'),
    (8, N'Duarte Pinnock',      '900-28-6627', '1999-02-11', '73301', N'Depression; sertraline 50 mg')
GO
INSERT INTO clinic.appointments VALUES
    (1, 2, '2026-01-08', 'neurology'), (2, 3, '2026-01-11', 'internal medicine'), (3, 4, '2026-01-14', 'cardiology'),
    (4, 5, '2026-01-17', 'neurology'), (5, 6, '2026-01-20', 'internal medicine'), (6, 7, '2026-01-23', 'cardiology')
GO
CREATE VIEW clinic.contact_list AS SELECT id, full_name AS person, ssn AS reference FROM clinic.patients
GO
CREATE PROCEDURE clinic.find_patient @id int AS SELECT id, full_name, ssn FROM clinic.patients WHERE id = @id
GO
